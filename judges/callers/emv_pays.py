"""Asks for a cryptogram by the functions of ``emv``; its own command does so only behind a PIN that the card checks.

Arguments: an amount in minor units. Prints what the card answered, as an object of JSON.
"""

import json
import sys

from emv.card import Card
from emv.protocol.command import GenerateApplicationCryptogramCommand as Ask
from emv.protocol.data import Tag
from smartcard.System import readers

amount = list(bytes.fromhex(sys.argv[1].zfill(12)))
told = {
    Tag((0x9F, 0x02)): amount,
    Tag((0x9F, 0x1A)): [0x02, 0x76],
    Tag((0x5F, 0x2A)): [0x09, 0x78],
    Tag(0x9A): [0x26, 0x11, 0x26],
    Tag((0x9F, 0x37)): [0xDE, 0xAD, 0xBE, 0xEF],
}
card = Card(readers()[0].createConnection())
(application,) = card.list_applications()
card.select_application(application[Tag.ADF_NAME])
options = card.get_processing_options()
data = card.get_application_data(options["AFL"])
asked = data[Tag.CDOL1].serialise(told)
answer = card.tp.exchange(Ask(Ask.ARQC, asked)).data[Tag.RMTF2]
names = {"9F26": Tag((0x9F, 0x26)), "9F27": Tag((0x9F, 0x27)), "9F36": Tag((0x9F, 0x36)), "9F10": Tag((0x9F, 0x10))}
said = {name: bytes(answer[tag]).hex() for name, tag in names.items()}
said |= {"82": bytes(options["AIP"]).hex(), "asked": bytes(asked).hex(), "pan": bytes(data[Tag.PAN]).hex()}
sys.stdout.write(json.dumps(said))
