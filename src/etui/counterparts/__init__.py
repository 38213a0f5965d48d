"""The other side: what a bank, a shop or a maker of terminals runs. It owns no wallet and imports nothing of one."""
