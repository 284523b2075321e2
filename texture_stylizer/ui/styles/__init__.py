"""The style gallery, and the operators that choose styles."""
