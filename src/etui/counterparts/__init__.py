"""The other side: issuer, acquirer, merchant and point of sale, as a bank, a shop or a terminal maker deploys them."""
