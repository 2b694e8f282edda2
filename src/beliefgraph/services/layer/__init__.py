"""What a layer of a twin is: the protocol, the context of a command, what a command adds."""
