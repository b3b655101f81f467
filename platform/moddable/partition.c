/*
 * The data partition that the journal lives on: NOR flash as it is, without allocation. The rule
 * that a program lets bits only fall is kept here: a driver that trusts its caller would turn
 * a mistake of the journal into bytes that nobody wrote.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "esp_partition.h"

/* Bytes compared at a time; on the stack of a task that has 10 KB. */
#define COMPARE_BYTES 256U

/* Points into the system's own table; one partition a device. */
static const esp_partition_t *gJournal;

/* partitionOpen(label): bytes of the data partition, 0 when there is none */
void xs_balsa_partitionOpen(xsMachine *the)
{
	gJournal = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, xsmcToString(xsArg(0)));
	xsmcSetNumber(xsResult, NULL == gJournal ? 0.0 : (double)gJournal->size);
}

/* partitionSectorSize(): bytes raised by one erase */
void xs_balsa_partitionSectorSize(xsMachine *the)
{
	xsmcSetNumber(xsResult, NULL == gJournal ? 0.0 : (double)gJournal->erase_size);
}

struct Range {
	uint32_t offset;
	uint8_t *bytes;
	uint32_t length;
};

/* Takes (offset, array, arrayOffset, length); every number before the buffer, which script could move. */
static struct Range rangeOf(xsMachine *the, int writable)
{
	double offset = xsmcToNumber(xsArg(0));
	double arrayOffset = xsmcToNumber(xsArg(2));
	double length = xsmcToNumber(xsArg(3));
	void *data = NULL;
	xsUnsignedValue size = 0;
	struct Range range;

	if (writable)
		(void)xsmcGetBufferWritable(xsArg(1), &data, &size);
	else
		(void)xsmcGetBufferReadable(xsArg(1), &data, &size);
	if (NULL == gJournal)
		xsUnknownError("no partition");
	if (!(arrayOffset >= 0 && length >= 0 && arrayOffset + length <= (double)size))
		xsRangeError("outside the bytes");
	if (!(offset >= 0 && offset + length <= (double)gJournal->size))
		xsRangeError("outside the partition");
	range.offset = (uint32_t)offset;
	range.bytes = (uint8_t *)data + (uint32_t)arrayOffset;
	range.length = (uint32_t)length;
	return range;
}

/* partitionRead(offset, target, targetOffset, length) */
void xs_balsa_partitionRead(xsMachine *the)
{
	struct Range range = rangeOf(the, 1);

	if (ESP_OK != esp_partition_read(gJournal, range.offset, range.bytes, range.length))
		xsUnknownError("the flash cannot be read");
}

/* partitionProgram(offset, source, sourceOffset, length) */
void xs_balsa_partitionProgram(xsMachine *the)
{
	struct Range range = rangeOf(the, 0);
	uint8_t before[COMPARE_BYTES];

	for (uint32_t done = 0; done < range.length; done += COMPARE_BYTES) {
		uint32_t piece = range.length - done < COMPARE_BYTES ? range.length - done : COMPARE_BYTES;
		if (ESP_OK != esp_partition_read(gJournal, range.offset + done, before, piece))
			xsUnknownError("the flash cannot be read");
		for (uint32_t i = 0; i < piece; i++) {
			if (0 != (range.bytes[done + i] & (uint8_t)~before[i]))
				xsUnknownError("a program would raise a bit");
		}
	}
	if (ESP_OK != esp_partition_write(gJournal, range.offset, range.bytes, range.length))
		xsUnknownError("the flash cannot be programmed");
}

/* partitionErase(offset): the sector that begins there */
void xs_balsa_partitionErase(xsMachine *the)
{
	double offset = xsmcToNumber(xsArg(0));

	if (NULL == gJournal)
		xsUnknownError("no partition");
	if (!(offset >= 0 && offset + gJournal->erase_size <= (double)gJournal->size)
			|| 0 != (uint32_t)offset % gJournal->erase_size)
		xsRangeError("not a sector of the partition");
	if (ESP_OK != esp_partition_erase_range(gJournal, (uint32_t)offset, gJournal->erase_size))
		xsUnknownError("the flash cannot be erased");
}
