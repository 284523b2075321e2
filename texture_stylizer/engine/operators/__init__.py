"""Operators with an adjoint written out: convolution, pooling, local means, and their kernels on GPUs."""
