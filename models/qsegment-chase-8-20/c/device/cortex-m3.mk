# cortex-m3 as QEMU's machine mps2-an385 has it. Debian packages: gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
DEVICE_CC = arm-none-eabi-gcc -mthumb -fdata-sections -mcpu=cortex-m3
DEVICE_SOURCES = ./device/start.c
DEVICE_LINK = -nostartfiles --specs=rdimon.specs -L./device -Tcortex-m3.ld
DEVICE_RUN = qemu-system-arm -M mps2-an385 -icount shift=0 -nographic -monitor none -serial none -semihosting-config enable=on,target=native -kernel
DEVICE_COUNT = -DDEVICE_INSTRUCTIONS_PER_4_TICKS=160 ./device/count.c
