/* A Modbus/TCP server of libmodbus for many clients, as its example bandwidth-server-many-up does it: one loop over
   select. Prints its port, then serves 1000 words of each table until it is killed. */
#include <arpa/inet.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *mapping = modbus_mapping_new(1000, 1000, 1000, 1000);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (context == NULL || mapping == NULL || listener < 0 || bind(listener, (struct sockaddr *)&at, size) != 0 ||
        listen(listener, 64) != 0 || getsockname(listener, (struct sockaddr *)&at, &size) != 0) {
        perror("libmodbus_server");
        return 1;
    }
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    fd_set all;
    FD_ZERO(&all);
    FD_SET(listener, &all);
    int highest = listener;
    for (;;) {
        fd_set ready = all;
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0) {
            return 1;
        }
        for (int one = 0; one <= highest; one++) {
            if (!FD_ISSET(one, &ready)) {
                continue;
            }
            if (one == listener) {
                int client = accept(listener, NULL, NULL);
                if (0 <= client) {
                    /* Or answers to several requests of one read wait for each other's acknowledgement, 40 ms each. */
                    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
                    FD_SET(client, &all);
                    highest = client > highest ? client : highest;
                }
                continue;
            }
            uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
            modbus_set_socket(context, one);
            int length = modbus_receive(context, query);
            if (0 < length) {
                modbus_reply(context, query, length, mapping);
            } else if (length == -1) {
                close(one);
                FD_CLR(one, &all);
            }
        }
    }
}
