"""Many assets: planned, worked on by one or more machines, and recorded on disk so that any run can go on."""
