/* Reads and writes every table of a Modbus/TCP server with libmodbus; prints what it found, one line each. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>

static void bits(const char *name, int count, const uint8_t *found) {
    printf("%s ", name);
    for (int at = 0; at < count; at++) {
        printf("%d", found[at]);
    }
    printf(count < 0 ? "exception %d\n" : "\n", errno - MODBUS_ENOBASE);
}

static void words(const char *name, int count, const uint16_t *found) {
    printf("%s ", name);
    for (int at = 0; at < count; at++) {
        printf(at == 0 ? "%d" : ",%d", found[at]);
    }
    printf(count < 0 ? "exception %d\n" : "\n", errno - MODBUS_ENOBASE);
}

static void done(const char *name, int result) {
    printf("%s %s\n", name, result < 0 ? modbus_strerror(errno) : "done");
}

int main(int count, char **arguments) {
    modbus_t *server = modbus_new_tcp("127.0.0.1", count == 2 ? atoi(arguments[1]) : 0);
    if (server == NULL || modbus_set_slave(server, 1) != 0 || modbus_connect(server) != 0) {
        fprintf(stderr, "libmodbus_client: %s\n", modbus_strerror(errno));
        return 1;
    }
    uint8_t found_bits[8] = {0};
    const uint8_t coils[2] = {0, 1};
    uint16_t found[8] = {0};
    const uint16_t values[2] = {3, 4}, others[2] = {5, 6};
    bits("coils", modbus_read_bits(server, 0, 2, found_bits), found_bits);
    bits("discrete", modbus_read_input_bits(server, 0, 2, found_bits), found_bits);
    words("holding", modbus_read_registers(server, 0, 3, found), found);
    words("input", modbus_read_input_registers(server, 0, 3, found), found);
    done("write-coil", modbus_write_bit(server, 1, 1));
    done("write-coils", modbus_write_bits(server, 0, 2, coils));
    bits("coils", modbus_read_bits(server, 0, 2, found_bits), found_bits);
    done("write-register", modbus_write_register(server, 0, 7));
    done("write-registers", modbus_write_registers(server, 1, 2, values));
    words("holding", modbus_read_registers(server, 0, 3, found), found);
    done("mask", modbus_mask_write_register(server, 0, 0xFFF0, 0x0005));
    words("both", modbus_write_and_read_registers(server, 1, 2, others, 0, 3, found), found);
    words("nothing", modbus_read_registers(server, 30000, 1, found), found);
    modbus_close(server);
    modbus_free(server);
    return 0;
}
