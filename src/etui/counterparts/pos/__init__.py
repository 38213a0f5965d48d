"""A point of sale's terminal: it takes contactless cards at a till, a pump, a window and a parking meter.

    kernel                         the terminal's side of EMV, by values alone
    reader, pcsc                   what a card is reached by
    terminal                       takes a card through the kernel, and keeps what became of it
    scenes                         pump, drive-thru, parking meter
    records, tables, store         payments, as they are kept
    line, messages, settlement     what the acquirer is asked and told
    receipts                       what who paid takes home
    settings_file, __main__        the command

A payment goes ``terminal`` (a card comes), ``kernel`` (what it says), ``store`` (written down), ``line`` (asked),
``kernel`` (what the card says to that), ``store``, and is told later by ``settlement`` where it was not.
"""
