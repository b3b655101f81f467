/** Firmware of a few instructions, so that the launcher is tested on a real emulator without the real board. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** UART0 with its transmitter on, and `say`, which prints the character in r0. */
const START = `
	.syntax unified
	.cpu cortex-m7
	.thumb
	.word 0x20001000
	.word reset + 1
	.fill 14, 4, 0
	.thumb_func
say:
	ldr r7, =0x40004000
	str r0, [r7]
	bx lr
	.thumb_func
reset:
	ldr r7, =0x40004000
	movs r0, #1
	str r0, [r7, #8]
`;

const PROGRAMS = {
	/** Takes one from the first byte of its flash at each boot and prints "A", "B", …; then "e" for each new erase time. */
	counting: `
	ldr r1, =0x60000000
	ldrb r2, [r1]
	subs r2, #1
	strb r2, [r1]
	movs r0, #0x3f
	subs r0, r0, r2
	uxtb r0, r0
	bl say
	movs r0, #10
	bl say
	ldr r1, =0x60fff000
	ldr r2, [r1]
again:
	ldr r3, [r1]
	cmp r3, r2
	beq again
	mov r2, r3
	movs r0, #'e'
	bl say
	movs r0, #10
	bl say
	b again
`,
	/** Says a word, then an exception without a handler: the processor locks up. */
	dying: `
	movs r0, #'x'
	bl say
	movs r0, #10
	bl say
	udf #0
`,
	/** Never says anything. */
	silent: `
again:
	wfi
	b again
`,
} as const;

/** @returns path of the image */
export function build(folder: string, program: keyof typeof PROGRAMS): string {
	const source = join(folder, `${program}.S`);
	const image = join(folder, `${program}.elf`);
	writeFileSync(source, `${START}${PROGRAMS[program]}`);
	const options = ["-mcpu=cortex-m7", "-mthumb", "-nostdlib", "-nostartfiles", "-Wl,-Ttext=0,-e,reset,--build-id=none"];
	const result = spawnSync("arm-none-eabi-gcc", [...options, "-o", image, source], { encoding: "utf8" });
	if (result.status !== 0) throw new Error(`the tiny firmware does not build: ${result.stderr}`);
	return image;
}
