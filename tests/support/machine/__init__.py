"""Real parts of the machine: servers, processes, environments, earlier versions."""
