"""Reads and writes every table of a Modbus/TCP server with pymodbus; prints what it found, one line each."""

import sys

from pymodbus.client import ModbusTcpClient


def main(port):
    client = ModbusTcpClient("127.0.0.1", port=port)
    assert client.connect()

    def say(name, reply, found):
        print(name, f"exception {reply.exception_code}" if reply.isError() else found(reply), flush=True)

    def bits(count):
        return lambda reply: "".join("1" if bit else "0" for bit in reply.bits[:count])

    def words(reply):
        return ",".join(str(word) for word in reply.registers)

    def done(_):
        return "done"

    unit = {"device_id": 1}
    say("coils", client.read_coils(0, count=2, **unit), bits(2))
    say("discrete", client.read_discrete_inputs(0, count=2, **unit), bits(2))
    say("holding", client.read_holding_registers(0, count=3, **unit), words)
    say("input", client.read_input_registers(0, count=3, **unit), words)
    say("write-coil", client.write_coil(1, True, **unit), done)
    say("write-coils", client.write_coils(0, [False, True], **unit), done)
    say("coils", client.read_coils(0, count=2, **unit), bits(2))
    say("write-register", client.write_register(0, 7, **unit), done)
    say("write-registers", client.write_registers(1, [3, 4], **unit), done)
    say("holding", client.read_holding_registers(0, count=3, **unit), words)
    say("mask", client.mask_write_register(address=0, and_mask=0xFFF0, or_mask=0x0005, **unit), done)
    say("both", client.readwrite_registers(read_address=0, read_count=3, write_address=1, values=[5, 6], **unit), words)
    say("nothing", client.read_holding_registers(30000, count=1, **unit), words)
    say("identity", client.read_device_information(read_code=1, object_id=0, **unit), lambda r: r.information[0].decode())
    client.close()


main(int(sys.argv[1]))
