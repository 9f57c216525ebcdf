"""The parts of a proposal while they are written: their texts as typed, version by version, and what these say."""
