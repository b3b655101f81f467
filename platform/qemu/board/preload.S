/* The read-only heap that the first run of the image made, see ../engine/preload.c. */
	.section .preload, "a"
	.incbin "preload.bin"
