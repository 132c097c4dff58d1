"""Modbus slaves by pymodbus: units 1 and 2 on one tty, or behind one TCP port.

    pymodbus_slave.py PATH BAUD rtu|ascii
    pymodbus_slave.py HOST:PORT 0 socket|rtu

Prints "ready", then a line for each request it is asked, and one for each order on its standard input:

    request UNIT FUNCTION ADDRESS N            N = items, or the value of functions 5 and 6
    get UNIT TABLE ADDRESS COUNT           ->  got WORD...
    set UNIT TABLE ADDRESS WORD...         ->  done
    exception UNIT TABLE ADDRESS CODE      ->  done      (requests that touch it get CODE; 0 ends that)

TABLE is coil, discrete, input or holding. Ends with its standard input. The values it holds at the start are those of
tests/it/peers/layout.rs, laid into registers by pymodbus' own types wherever it has one. Unit 2 holds the same.
"""

import asyncio
import struct
import sys

try:
    import serial  # noqa: F401: pymodbus needs it for ttys and says so too late.
    from pymodbus.constants import ExcCodes
    from pymodbus.exceptions import NoSuchIdException
    from pymodbus.framer import FramerType
    from pymodbus.server import ModbusSerialServer, ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice
except ImportError as missing:
    print(f"missing {missing}", flush=True)
    sys.exit(1)

BLOCK = {"coil": "c", "discrete": "d", "holding": "h", "input": "i"}
TABLE_OF = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding"}
UNITS = (1, 2)
REGISTERS = 100
BITS = 64
ORDERS_64 = ["ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", "CDABGHEF", "EFGHABCD", "DCBAHGFE", "FEHGBADC"]

# (unit, table, address) -> exception code, 0 for none
troubles = {}
# Items of the request that is being answered: an action is told the registers behind the bits instead.
asked = 0


def laid(order, form, value):
    """The registers of a value in the order that the letters say, A the most significant byte."""
    big = struct.pack(">" + form, value)
    swapped = bytes(big[ord(letter) - ord("A")] for letter in order)
    return list(struct.unpack(f">{len(swapped) // 2}H", swapped))


def known_registers():
    """What the input registers hold at the start."""

    def registers(address, *words):
        return SimData(address, values=[word for some in words for word in some], datatype=DataType.REGISTERS)

    return [
        SimData(0, values=123.456, datatype=DataType.FLOAT32),
        registers(2, *(laid(order, "f", 123.456) for order in ["CDAB", "BADC", "DCBA"])),
        SimData(8, values=0x12345678, datatype=DataType.UINT32),
        registers(10, laid("CDAB", "I", 3123456789)),
        registers(12, laid("BADC", "i", -123456789), laid("DCBA", "i", -123456789)),
        SimData(16, values=-1234567890123456789, datatype=DataType.INT64),
        registers(20, laid("GHEFCDAB", "Q", 0x123456789ABCDEF0)),
        SimData(24, values=2.718281828459045, datatype=DataType.FLOAT64),
        registers(28, *(laid(order, "d", 2.718281828459045) for order in ORDERS_64[1:])),
        SimData(56, values=-12345, datatype=DataType.INT16),
        registers(57, laid("BA", "h", -12345)),
        SimData(58, values=54321, datatype=DataType.UINT16),
        registers(59, laid("BA", "H", 54321)),
        registers(60, [0x1234], laid("ABCD", "I", 0x12345678), laid("CDAB", "I", 0x12345678)),
        SimData(65, values="Pumpe Süd 한\0\0", datatype=DataType.STRING),
        registers(73, [0x8005], laid("BA", "H", 0x8005)),
        SimData(75, values=-32768, datatype=DataType.INT16),
        SimData(76, values=float("nan"), datatype=DataType.FLOAT32),
        registers(78, [215], [10000]),
        SimData(80, count=REGISTERS - 80, values=0, datatype=DataType.REGISTERS),
    ]


def device(unit):
    """One slave: four tables of its own; what is beyond them is answered by exception 02."""

    async def trouble(function, _start, address, _count, _registers, _values):
        for at in range(address, address + asked):
            if code := troubles.get((unit, TABLE_OF.get(function), at)):
                return ExcCodes(code)
        return None

    coils = [SimData(0, values=[at % 5 == 0 for at in range(BITS)], datatype=DataType.BITS)]
    discretes = [SimData(0, values=[at % 3 == 0 for at in range(BITS)], datatype=DataType.BITS)]
    holding = [SimData(0, count=REGISTERS, values=0, datatype=DataType.REGISTERS)]
    return SimDevice(unit, simdata=(coils, discretes, holding, known_registers()), action=trouble)


def seen(sending, pdu):
    """Says what is asked."""
    global asked
    if not sending:
        number = asked = pdu.count
        if pdu.function_code in (5, 6):
            asked = 1
            number = pdu.registers[0] if pdu.function_code == 6 else 0xFF00 if pdu.bits[0] else 0
        if pdu.function_code == 22:
            number = pdu.and_mask
        print("request", pdu.dev_id, pdu.function_code, pdu.address, number, flush=True)
    return pdu


def obey(server, words):
    """One order from standard input. The process behind the tables reads and writes all four of them."""
    verb, unit, table, first, *rest = words
    unit, address, rest = int(unit), int(first), [int(word) for word in rest]
    if verb == "exception":
        troubles[(unit, table, address)] = rest[0]
        return "done"
    start, _, held, _ = server.context.devices[unit].block[BLOCK[table]]
    bits = table in ("coil", "discrete")
    count = rest[0] if verb == "get" else len(rest)
    if start != 0 or (BITS if bits else REGISTERS) < address + count:
        return "error beyond the table"
    if verb == "get":
        words = [held[at // 16] >> at % 16 & 1 if bits else held[at] for at in range(address, address + count)]
        return " ".join(["got", *map(str, words)])
    if verb == "set":
        for at, word in enumerate(rest, address):
            if bits:
                held[at // 16] = held[at // 16] & ~(1 << at % 16) | bool(word) << at % 16
            else:
                held[at] = word
        return "done"
    return "error no such order"


class Units(dict):
    """The devices; a unit that is not on the line says nothing, where pymodbus would answer for it."""

    def __missing__(self, unit):
        raise NoSuchIdException(unit)


async def main(path, baud, framer):
    """Serves until standard input ends."""
    devices = [device(unit) for unit in UNITS]
    common = {"framer": FramerType(framer), "ignore_missing_devices": True, "trace_pdu": seen}
    if path.startswith("/"):
        server = ModbusSerialServer(devices, port=path, baudrate=baud, parity="N", stopbits=1, **common)
    else:
        host, port = path.rsplit(":", 1)
        server = ModbusTcpServer(devices, address=(host, int(port)), **common)
    server.context.devices = Units(server.context.devices)
    await server.serve_forever(background=True)
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ready", flush=True)
    while line := await orders.readline():
        try:
            reply = obey(server, line.decode().split())
        except (KeyError, ValueError) as wrong:
            reply = f"error {wrong!r}"
        print(reply, flush=True)
    await server.shutdown()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
