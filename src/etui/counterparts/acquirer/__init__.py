"""The acquirer: vouches for its merchants, and takes their payments to the issuers."""
