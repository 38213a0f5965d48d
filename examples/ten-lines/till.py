import stamps_1 as stamps

from etui.sdk import Client

with Client.connect() as wallet:
    card = wallet.call(stamps.Open(shop="Café Etui")).card
    count = int(wallet.call(stamps.Stamp(card=card.item)).card.attributes["stamps"])
    print(f"{card.label}: stamp {count}")
    if count >= 10:
        wallet.call(stamps.Redeem(card=card.item))
        print("This coffee is on the house.")
