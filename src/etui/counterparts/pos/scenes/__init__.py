"""What a terminal is used for: a till, a petrol pump, a drive-thru and a parking meter."""

from etui.counterparts.pos.scenes.meter import Meter, Tariff, Ticket
from etui.counterparts.pos.scenes.pump import Pump
from etui.counterparts.pos.scenes.window import Order, Window

__all__ = ["Meter", "Order", "Pump", "Tariff", "Ticket", "Window"]
