/* Start-up of a Cortex-M core: vector table, memory, floating point and vector unit, then main,
 * whose result ends the emulation. Standard input and output are the host's, by semihosting.
 *
 * On a board of your own: keep the table and the copying, take the addresses from its linker
 * script, set up its clocks here, and replace the semihosting (initialise_monitor_handles,
 * device_stop). */
#include <stdint.h>
#include <stdlib.h>

int main(void);
void initialise_monitor_handles(void); /* newlib: opens the host's standard streams */
void _init(void);                      /* newlib calls these two at start and end */
void _fini(void);
void device_reset(void);
void device_report_fault(const uint32_t* frame);

/* Set by sections.ld. */
extern uint32_t device_data_load[], device_data_start[], device_data_end[];
extern uint32_t device_bss_start[], device_bss_end[];
extern uint32_t device_large_start[], device_large_end[], device_stack_top[];

#define COPROCESSOR_ACCESS (*(volatile uint32_t*)0xE000ED88u)
#define FAULT_STATUS (*(volatile uint32_t*)0xE000ED28u)
#define STACKING_FAILED 0x00001010u /* in FAULT_STATUS: the frame could not be written */

#define SEMIHOSTING_WRITE_TEXT 0x04
#define SEMIHOSTING_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT 0x20026u

static void semihosting(uint32_t operation, const void* argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

static void device_stop(uint32_t exit_code) {
  const uint32_t reason[2] = {APPLICATION_EXIT, exit_code};
  for (;;) semihosting(SEMIHOSTING_EXIT_EXTENDED, reason);
}

/* `text` ends with eight digits, which become the number. */
static void report(char* text, uint32_t length, uint32_t number) {
  uint32_t i;
  for (i = 0; i < 8; ++i) text[length - 1 - i] = "0123456789abcdef"[(number >> (4 * i)) & 15u];
  semihosting(SEMIHOSTING_WRITE_TEXT, text);
}

/* `frame` is what the core pushed: r0 to r3, r12, lr, pc, status. */
void device_report_fault(const uint32_t* frame) {
  static char exception[] = "the core stopped: exception 00000000";
  static char status[] = ", fault status 00000000";
  static char place[] = ", at address 00000000";
  const uint32_t fault_status = FAULT_STATUS;
  uint32_t number;
  __asm__ volatile("mrs %0, ipsr" : "=r"(number));
  report(exception, sizeof exception - 1, number);
  report(status, sizeof status - 1, fault_status);
  if ((fault_status & STACKING_FAILED) == 0) report(place, sizeof place - 1, frame[6]);
  semihosting(SEMIHOSTING_WRITE_TEXT, "\n");
  device_stop(1);
}

/* Whatever happened to the stack, the report has a fresh one. */
__attribute__((naked)) static void device_fault(void) {
  __asm__ volatile(
      "mrs r0, msp\n"
      "ldr r1, =device_stack_top\n"
      "msr msp, r1\n"
      "b device_report_fault\n");
}

/* count.c has another one. */
void device_tick(void) __attribute__((weak, alias("device_fault")));

void _init(void) {}
void _fini(void) {}

static void clear(uint32_t* from, const uint32_t* to) {
  while (from < to) *from++ = 0;
}

void device_reset(void) {
  const uint32_t* from = device_data_load;
  uint32_t* to = device_data_start;
  COPROCESSOR_ACCESS |= 0xFu << 20; /* floating point and vectors; cores without them ignore it */
  __asm__ volatile("dsb\nisb" ::: "memory");
#ifdef __ARM_FEATURE_MVE
  /* FPSCR.LTPSIZE = 4: vector instructions outside a tail-predicated loop act on all lanes. */
  __asm__ volatile("vmsr fpscr, %0" : : "r"(4u << 16));
#endif
  while (to < device_data_end) *to++ = *from++;
  clear(device_bss_start, device_bss_end);
  clear(device_large_start, device_large_end);
  initialise_monitor_handles();
  exit(main());
}

typedef void (*device_vector)(void);
/* The core reads the first two; the others are exceptions 2 to 15. Interrupts are never enabled. */
__attribute__((section(".vectors"), used)) static const struct {
  uint32_t* stack_top;
  device_vector handlers[15];
} device_vectors = {device_stack_top,
                    {device_reset, device_fault, device_fault, device_fault, device_fault,
                     device_fault, device_fault, device_fault, device_fault, device_fault,
                     device_fault, device_fault, device_fault, device_fault, device_tick}};
