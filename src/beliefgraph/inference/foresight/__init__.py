"""FORESIGHT: what comes next, and when. Arrays in, arrays out, as everywhere in inference. See docs/foresight.md."""
