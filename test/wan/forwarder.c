// The ways between the hosts of a WAN. Each host is a network namespace with one tun device, of which this
// program holds the other end: what one host sends it hands to another after a delay, with jitter, or not at
// all. Kernels without the netem discipline need no more than tun devices and namespaces for it.
//
// Nothing here has a name in the system: namespaces and devices are open files of this program, and gone
// with it, however it ends. It ends when its standard input does.
//
// At its start it joins host 0, the namespace that it was started in, and writes "ready PREFIX"; host N has
// the address PREFIX.N+1, with 24 bits of network. Then each line that it reads is answered by one line:
//   host                                     "host N FD": host N is there; /proc/PID/fd/FD is its namespace
//   way FROM TO DELAY_MS JITTER_MS LOSS CUT  "ok": how packets go one way; LOSS is 0 to 1, CUT is 0 or 1
//   bytes FROM TO                            "bytes N": what was handed over that way so far, as IP packets
//   capture FILE                             "ok": what is handed over from now on is written there too, as pcap
//   captured                                 "captured N": all of it is in the file, so many packets, and no more
// and by "error WORDS" where it cannot be done.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// One edge, and a node and a client for each of 30 regions.
enum { MAX_HOSTS = 64 };
// Packets on their way: 300 ms of 400,000 a second, more than two cores forward. Past it they are dropped.
enum { MAX_PACKETS = 1 << 17 };
// Device queues hold a burst of key frames to every host, which a queue of 500 packets would cut.
enum { DEVICE_PACKETS = 10000 };
// Reads of one device in a row, so that a busy host does not make others wait.
enum { READS = 64 };
enum { MAX_PACKET_BYTES = 1 << 16 };
// What epoll tells us of, beside the device of each host.
enum { TIMER = MAX_HOSTS, COMMANDS };

typedef int64_t ns_t;
static const double NS_PER_MS = 1e6;
static const ns_t NS_PER_S = 1000000000;

struct way {
  ns_t delay, jitter, last_due;
  double loss;
  int cut;
  uint64_t bytes;
};
struct packet {
  ns_t due;
  uint64_t number;
  int from, to, length;
  unsigned char *data;
};

static struct way ways[MAX_HOSTS][MAX_HOSTS];
static int devices[MAX_HOSTS], hosts;
static int subnet;
static int poller;
static struct packet *heap;
static int waiting;
static uint64_t packets;
static FILE *capture;
static uint64_t captured;

static ns_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void answer(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  putchar('\n');
  fflush(stdout);
}

static void die(const char *what) {
  answer("error %s: %s", what, strerror(errno));
  exit(1);
}

// --- packets on their way, the one that is due first at the root of a heap ---

static int goes_before(const struct packet *a, const struct packet *b) {
  return a->due < b->due || (a->due == b->due && a->number < b->number);
}

static void swap(int i, int j) {
  struct packet held = heap[i];
  heap[i] = heap[j];
  heap[j] = held;
}

static void push(struct packet packet) {
  int i = waiting++;
  heap[i] = packet;
  for (int parent; i > 0 && goes_before(&heap[i], &heap[parent = (i - 1) / 2]); i = parent) swap(i, parent);
}

static struct packet pop(void) {
  struct packet first = heap[0];
  heap[0] = heap[--waiting];
  for (int i = 0, least = 0;; i = least) {
    for (int child = 2 * i + 1; child <= 2 * i + 2; child++)
      if (child < waiting && goes_before(&heap[child], &heap[least])) least = child;
    if (least == i) return first;
    swap(i, least);
  }
}

// --- hosts ---

static void set_flags(int sock, const char *device, short flags) {
  struct ifreq request = {0};
  strcpy(request.ifr_name, device);
  request.ifr_flags = flags;
  if (ioctl(sock, SIOCSIFFLAGS, &request)) die(device);
}

static void set_address(int sock, const char *device, int command, const char *address) {
  struct ifreq request = {0};
  struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
  strcpy(request.ifr_name, device);
  in->sin_family = AF_INET;
  inet_pton(AF_INET, address, &in->sin_addr);
  if (ioctl(sock, command, &request)) die(address);
}

// The device of a name in the namespace that we are in now; -1 where the name is taken there.
static int open_tun(const char *name) {
  int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strcpy(request.ifr_name, name);
  if (fd < 0) die("/dev/net/tun");
  if (ioctl(fd, TUNSETIFF, &request)) {
    if (errno != EBUSY) die(name);
    close(fd);
    return -1;
  }
  return fd;
}

static void add_host(const char *device, int fd) {
  char address[32];
  struct ifreq request = {.ifr_qlen = DEVICE_PACKETS};
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = hosts};
  int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  snprintf(address, sizeof address, "10.77.%d.%d", subnet, hosts + 1);
  strcpy(request.ifr_name, device);
  if (sock < 0) die("socket");
  set_address(sock, device, SIOCSIFADDR, address);
  set_address(sock, device, SIOCSIFNETMASK, "255.255.255.0");
  if (ioctl(sock, SIOCSIFTXQLEN, &request)) die(device);
  set_flags(sock, device, IFF_UP | IFF_RUNNING);
  if (hosts > 0) set_flags(sock, "lo", IFF_UP | IFF_RUNNING);
  close(sock);
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
  devices[hosts++] = fd;
}

// The device's name is what keeps two WANs that were started in one namespace apart.
static void join_here(void) {
  for (subnet = 0; subnet < 256; subnet++) {
    char device[IFNAMSIZ];
    snprintf(device, sizeof device, "wan%d", subnet);
    int fd = open_tun(device);
    if (fd >= 0) {
      add_host(device, fd);
      return;
    }
  }
  die("all of 10.77.0.0/16 is in use");
}

static void make_host(void) {
  if (hosts == MAX_HOSTS) {
    answer("error a WAN has up to %d hosts", MAX_HOSTS);
    return;
  }
  int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (here < 0 || unshare(CLONE_NEWNET)) die("a network namespace cannot be made");
  int there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  add_host("wan", open_tun("wan"));
  if (there < 0 || setns(here, CLONE_NEWNET)) die("setns");
  close(here);
  answer("host %d %d", hosts - 1, there);
}

// --- captures: pcap with microseconds, as tcpdump writes it, of raw IP packets ---

static void start_capture(const char *file) {
  uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, MAX_PACKET_BYTES, 101};
  if (capture != NULL) fclose(capture);
  captured = 0;
  capture = fopen(file, "wbe");
  if (capture == NULL || fwrite(header, sizeof header, 1, capture) != 1) {
    answer("error %s: %s", file, strerror(errno));
    return;
  }
  answer("ok");
}

static void write_captured(const struct packet *packet) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  uint32_t header[] = {t.tv_sec, t.tv_nsec / 1000, packet->length, packet->length};
  if (fwrite(header, sizeof header, 1, capture) != 1 || fwrite(packet->data, packet->length, 1, capture) != 1) die("capture");
  captured++;
}

static void end_capture(void) {
  FILE *ended = capture;
  capture = NULL;
  if (ended == NULL || fclose(ended)) {
    answer("error nothing was captured, or not all of it");
    return;
  }
  answer("captured %llu", (unsigned long long)captured);
}

// --- commands ---

static int is_way(int from, int to) {
  return from >= 0 && from < hosts && to >= 0 && to < hosts && from != to;
}

static void obey(const char *line) {
  int from, to, cut;
  double delay_ms, jitter_ms, loss;
  char file[4096];
  if (!strcmp(line, "host\n")) {
    make_host();
  } else if (sscanf(line, "way %d %d %lf %lf %lf %d", &from, &to, &delay_ms, &jitter_ms, &loss, &cut) == 6 && is_way(from, to)) {
    struct way *way = &ways[from][to];
    way->delay = delay_ms * NS_PER_MS;
    way->jitter = jitter_ms * NS_PER_MS;
    way->loss = loss;
    way->cut = cut;
    answer("ok");
  } else if (sscanf(line, "bytes %d %d", &from, &to) == 2 && is_way(from, to)) {
    answer("bytes %llu", (unsigned long long)ways[from][to].bytes);
  } else if (!strcmp(line, "captured\n")) {
    end_capture();
  } else if (sscanf(line, "capture %4095[^\n]", file) == 1) {
    start_capture(file);
  } else {
    answer("error not understood: %.*s", (int)strcspn(line, "\n"), line);
  }
}

// Lines may come in pieces and several at once; at their end we end.
static void read_commands(void) {
  static char text[4096];
  static size_t held;
  ssize_t got = read(0, text + held, sizeof text - 1 - held);
  if (got <= 0) exit(0);
  held += got;
  text[held] = 0;
  for (char *end; (end = strchr(text, '\n'));) {
    char line[sizeof text];
    size_t length = end + 1 - text;
    memcpy(line, text, length);
    line[length] = 0;
    obey(line);
    memmove(text, end + 1, held - length + 1);
    held -= length;
  }
  if (held == sizeof text - 1) exit(2);
}

// --- forwarding ---

static void take(int from, const unsigned char *data, int length) {
  // IPv4 within the network alone: IPv6 and multicast have nobody to go to.
  if (length < 20 || data[0] >> 4 != 4 || data[16] != 10 || data[17] != 77 || data[18] != subnet) return;
  int to = data[19] - 1;
  if (!is_way(from, to) || waiting == MAX_PACKETS) return;
  struct way *way = &ways[from][to];
  if (way->cut || (way->loss > 0 && drand48() < way->loss)) return;
  ns_t due = now() + way->delay + (ns_t)(way->jitter * drand48());
  // Jitter does not reorder: a WAN path is one queue for the most part.
  if (due < way->last_due) due = way->last_due;
  way->last_due = due;
  struct packet packet = {due, packets++, from, to, length, malloc(length)};
  if (packet.data == NULL) die("malloc");
  memcpy(packet.data, data, length);
  push(packet);
}

static void read_device(int host) {
  static unsigned char data[MAX_PACKET_BYTES];
  for (int reads = 0, length; reads < READS && (length = read(devices[host], data, sizeof data)) > 0; reads++)
    take(host, data, length);
}

static void hand_over(void) {
  while (waiting > 0 && heap[0].due <= now()) {
    struct packet packet = pop();
    // A host that takes nothing now loses the packet, as it would on a wire.
    if (write(devices[packet.to], packet.data, packet.length) > 0) {
      ways[packet.from][packet.to].bytes += packet.length;
      if (capture != NULL) write_captured(&packet);
    }
    free(packet.data);
  }
}

static void set_timer(int timer) {
  struct itimerspec at = {0};
  if (waiting > 0) {
    at.it_value.tv_sec = heap[0].due / NS_PER_S;
    at.it_value.tv_nsec = heap[0].due % NS_PER_S;
  }
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static void watch(int fd, uint32_t what) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = what};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

int main(void) {
  poller = epoll_create1(EPOLL_CLOEXEC);
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  heap = malloc(sizeof *heap * MAX_PACKETS);
  if (poller < 0 || timer < 0 || heap == NULL) die("start");
  watch(timer, TIMER);
  watch(0, COMMANDS);
  join_here();
  answer("ready 10.77.%d", subnet);
  for (;;) {
    struct epoll_event events[MAX_HOSTS + 2];
    int count = epoll_wait(poller, events, MAX_HOSTS + 2, -1);
    for (int i = 0; i < count; i++) {
      uint32_t what = events[i].data.u32;
      uint64_t expirations;
      if (what == COMMANDS) {
        read_commands();
      } else if (what == TIMER) {
        if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("timer");
      } else {
        read_device(what);
      }
    }
    hand_over();
    set_timer(timer);
  }
}
