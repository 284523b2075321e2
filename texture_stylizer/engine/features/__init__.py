"""The network whose maps are compared: what it is made of, where its weights are, what counts."""
