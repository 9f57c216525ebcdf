"""Documents attached to what a fund records: notices, bank advices, signed papers."""
