/*
 * A Modbus slave by libmodbus: one unit on one tty, or behind one TCP port, one connection at a time.
 *
 *   libmodbus_slave PATH BAUD UNIT
 *   libmodbus_slave tcp PORT UNIT
 *
 * Prints "ready", then a line for each request it is asked, and one for each order on its standard input:
 *
 *   request UNIT FUNCTION ADDRESS N            N = items, or the value of functions 5 and 6
 *   get UNIT TABLE ADDRESS COUNT           ->  got WORD...
 *   set UNIT TABLE ADDRESS WORD...         ->  done
 *   exception UNIT TABLE ADDRESS CODE      ->  done      (requests that touch it get CODE; 0 ends that)
 *
 * TABLE is coil, discrete, input or holding. Ends with its standard input. The values it holds at the start are those
 * of tests/it/peers/layout.rs.
 */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define REGISTERS 100
#define BITS 64
#define TROUBLES 16

enum table { COIL, DISCRETE, INPUT, HOLDING };

static const char *const NAMES[] = {"coil", "discrete", "input", "holding"};

static struct trouble {
    enum table table;
    int address;
    int code;
} troubles[TROUBLES];

static modbus_mapping_t *map;

/* A value in the order that the letters say, A its most significant byte. */
static void lay(int address, uint64_t value, const char *order)
{
    int at;
    for (at = 0; order[at] != '\0'; at++) {
        int shift = 8 * ((int)strlen(order) - 1 - (order[at] - 'A'));
        uint16_t byte = (value >> shift) & 0xFF;
        uint16_t *word = &map->tab_input_registers[address + at / 2];
        *word = at % 2 == 0 ? byte << 8 : *word | byte;
    }
}

static uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void fill(void)
{
    static const char *const orders[] = {"ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA",
                                         "CDABGHEF", "EFGHABCD", "DCBAHGFE", "FEHGBADC"};
    static const char text[16] = "Pumpe S\xC3\xBC" "d \xED\x95\x9C"; /* UTF-8, then NULs */
    uint16_t *input = map->tab_input_registers;
    int at;

    /* Not modbus_set_float_abcd() and its sisters: their letters mean different bytes in each release (libmodbus issues
       358, 665, 807). */
    lay(0, bits_of_float(123.456f), "ABCD");
    lay(2, bits_of_float(123.456f), "CDAB");
    lay(4, bits_of_float(123.456f), "BADC");
    lay(6, bits_of_float(123.456f), "DCBA");
    lay(8, 0x12345678, "ABCD");
    lay(10, 3123456789u, "CDAB");
    lay(12, (uint32_t)-123456789, "BADC");
    lay(14, (uint32_t)-123456789, "DCBA");
    lay(16, (uint64_t)-1234567890123456789LL, "ABCDEFGH");
    lay(20, 0x123456789ABCDEF0ull, "GHEFCDAB");
    for (at = 0; at < 8; at++) {
        lay(24 + 4 * at, bits_of_double(2.718281828459045), orders[at]);
    }
    input[56] = (uint16_t)-12345;
    lay(57, (uint16_t)-12345, "BA");
    input[58] = 54321;
    lay(59, 54321, "BA");
    input[60] = 0x1234;
    lay(61, 0x12345678, "ABCD");
    lay(63, 0x12345678, "CDAB");
    for (at = 0; at < 8; at++) {
        input[65 + at] = (uint8_t)text[2 * at] << 8 | (uint8_t)text[2 * at + 1];
    }
    input[73] = 0x8005;
    lay(74, 0x8005, "BA");
    input[75] = 0x8000;
    lay(76, 0x7FC00000, "ABCD"); /* not a number */
    input[78] = 215;
    input[79] = 10000;
    for (at = 0; at < BITS; at++) {
        map->tab_input_bits[at] = at % 3 == 0;
        map->tab_bits[at] = at % 5 == 0;
    }
}

static int items_of(enum table table)
{
    return table == COIL || table == DISCRETE ? BITS : REGISTERS;
}

static unsigned get(enum table table, int at)
{
    switch (table) {
    case COIL: return map->tab_bits[at];
    case DISCRETE: return map->tab_input_bits[at];
    case INPUT: return map->tab_input_registers[at];
    default: return map->tab_registers[at];
    }
}

static void set(enum table table, int at, unsigned word)
{
    switch (table) {
    case COIL: map->tab_bits[at] = word != 0; break;
    case DISCRETE: map->tab_input_bits[at] = word != 0; break;
    case INPUT: map->tab_input_registers[at] = word; break;
    default: map->tab_registers[at] = word; break;
    }
}

static int make_trouble(enum table table, int address, int code)
{
    struct trouble *slot = NULL;
    int at;
    for (at = 0; at < TROUBLES; at++) {
        struct trouble *each = &troubles[at];
        if (each->code != 0 && each->table == table && each->address == address) {
            slot = each;
            break;
        }
        if (each->code == 0 && slot == NULL) {
            slot = each;
        }
    }
    if (slot == NULL) {
        return 0;
    }
    *slot = (struct trouble){table, address, code};
    return 1;
}

/* One order from standard input. */
static void obey(char *line)
{
    char *verb = strtok(line, " ");
    char *unit = strtok(NULL, " ");
    char *name = strtok(NULL, " ");
    char *first = strtok(NULL, " ");
    char *rest = strtok(NULL, " ");
    int table, address;

    if (verb == NULL || unit == NULL || name == NULL || first == NULL || rest == NULL) {
        printf("error an order has five words or more\n");
        return;
    }
    for (table = COIL; table <= HOLDING && strcmp(NAMES[table], name) != 0; table++) {
    }
    address = atoi(first);
    if (table > HOLDING || address < 0) {
        printf("error no such place\n");
    } else if (strcmp(verb, "get") == 0) {
        int count = atoi(rest), at;
        if (address + count > items_of(table)) {
            printf("error beyond the table\n");
            return;
        }
        printf("got");
        for (at = 0; at < count; at++) {
            printf(" %u", get(table, address + at));
        }
        printf("\n");
    } else if (strcmp(verb, "set") == 0) {
        for (; rest != NULL; rest = strtok(NULL, " "), address++) {
            if (address >= items_of(table)) {
                printf("error beyond the table\n");
                return;
            }
            set(table, address, (unsigned)atoi(rest));
        }
        printf("done\n");
    } else if (strcmp(verb, "exception") == 0) {
        printf(make_trouble(table, address, atoi(rest)) ? "done\n" : "error too many exceptions\n");
    } else {
        printf("error no such order\n");
    }
}

/* Bytes of standard input until no whole line is left; 0 at its end. */
static int take_orders(void)
{
    static char held[4096];
    static size_t count;
    char *end;
    ssize_t got = read(STDIN_FILENO, held + count, sizeof held - count - 1);
    if (got <= 0) {
        return 0;
    }
    count += (size_t)got;
    held[count] = '\0';
    while ((end = strchr(held, '\n')) != NULL) {
        *end = '\0';
        count -= (size_t)(end + 1 - held);
        obey(held);
        memmove(held, end + 1, count + 1);
    }
    return count < sizeof held - 1;
}

/* Says what is asked, and answers it. */
static void answer(modbus_t *ctx, const uint8_t *frame, int length)
{
    /* What stands before the function: the unit alone, or the header of TCP that ends with it. */
    const uint8_t *request = frame + modbus_get_header_length(ctx) - 1;
    static const enum table tables[] = {HOLDING, COIL, DISCRETE, HOLDING, INPUT, COIL, HOLDING};
    int function = request[1];
    int address = request[2] << 8 | request[3];
    int number = request[4] << 8 | request[5];
    int count = function == 5 || function == 6 ? 1 : number;
    enum table table = function < 7 ? tables[function] : function == 15 ? COIL : HOLDING;
    int at;

    printf("request %d %d %d %d\n", request[0], function, address, number);
    for (at = 0; at < TROUBLES; at++) {
        struct trouble *each = &troubles[at];
        if (each->code != 0 && each->table == table && address <= each->address && each->address < address + count) {
            modbus_reply_exception(ctx, frame, (unsigned)each->code);
            return;
        }
    }
    modbus_reply(ctx, frame, length, map);
}

int main(int argc, char **argv)
{
    modbus_t *ctx;
    int line;
    int listening = -1;
    int tcp;

    if (argc != 4) {
        fprintf(stderr, "usage: %s PATH BAUD UNIT | tcp PORT UNIT\n", argv[0]);
        return 2;
    }
    tcp = strcmp(argv[1], "tcp") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    ctx = tcp ? modbus_new_tcp("127.0.0.1", atoi(argv[2])) : modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 1);
    map = modbus_mapping_new(BITS, BITS, REGISTERS, REGISTERS);
    if (ctx == NULL || map == NULL || modbus_set_slave(ctx, atoi(argv[3])) == -1 ||
        (tcp ? (listening = modbus_tcp_listen(ctx, 1)) : modbus_connect(ctx)) == -1) {
        printf("error cannot open %s: %s\n", argv[1], modbus_strerror(errno));
        return 1;
    }
    fill();
    /* A request from before we were here is not for us. */
    if (!tcp) {
        modbus_flush(ctx);
    }
    line = tcp ? -1 : modbus_get_socket(ctx);
    printf("ready\n");
    for (;;) {
        uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
        /* Without a connection the next one is awaited. */
        int from = line == -1 ? listening : line;
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(STDIN_FILENO, &readable);
        FD_SET(from, &readable);
        if (select((from > STDIN_FILENO ? from : STDIN_FILENO) + 1, &readable, NULL, NULL, NULL) == -1) {
            break;
        }
        if (FD_ISSET(STDIN_FILENO, &readable) && !take_orders()) {
            break;
        }
        if (line == -1) {
            if (FD_ISSET(listening, &readable)) {
                line = modbus_tcp_accept(ctx, &listening);
            }
        } else if (FD_ISSET(line, &readable)) {
            int length = modbus_receive(ctx, request);
            if (length > 0) {
                answer(ctx, request, length);
            } else if (tcp && length == -1) {
                modbus_close(ctx);
                line = -1;
            } else if (length == -1 && (errno == EIO || errno == EBADF || errno == ECONNRESET)) {
                break;
            } else {
                /* Not for us, or no frame: what is left of it is not the begin of the next one. */
                modbus_flush(ctx);
            }
        }
    }
    modbus_close(ctx);
    modbus_free(ctx);
    modbus_mapping_free(map);
    return 0;
}
