"""The funding status: where the fund's money came from, went to and stands, on a page and on paper."""
