"""Speed and memory, each as a ratio to a peer on the same machine in the same run."""
