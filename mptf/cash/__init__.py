"""What the bank did beside deposits: transfers, refunds, interest, direct costs and charges of a fund."""
