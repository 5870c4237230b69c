"""What all rooms share: checks of arguments, progress, memory, processes and derivatives."""
