"""The embedded engine: model catalog, weights, and the llama.cpp server in a child process."""
