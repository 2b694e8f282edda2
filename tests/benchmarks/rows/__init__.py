"""The parts of the scoreboard of the inference, by what they ask."""
