"""The parts of a proposal while they are written: as typed, version by version, two people's texts joined."""
