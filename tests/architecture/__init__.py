"""Rules about the shape of the project: each is a guard over a source tree, proven on a planted violation."""
