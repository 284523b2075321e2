"""What it runs on: devices, memory, and how torch and glibc are to use it."""
