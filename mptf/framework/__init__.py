"""The strategic framework of a fund: goals and key performance indicators, with the official texts as they came."""
