"""Where assets are worked on: in this process, in processes of this machine, or in a Ray cluster."""
