/*
 * What an ESP32 gives beside network and flash: time, randomness, its factory address, the radio's
 * power mode, the console's UART and a restart.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"

#include "driver/uart.h"
#include "esp_mac.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "sdkconfig.h"

/* In a debug build the UART belongs to the debugger; a chip may have its console elsewhere. */
#if !defined(mxDebug) && defined(CONFIG_ESP_CONSOLE_UART_NUM) && CONFIG_ESP_CONSOLE_UART_NUM >= 0
	#define CONSOLE_UART ((uart_port_t)CONFIG_ESP_CONSOLE_UART_NUM)
#endif
#define CONSOLE_INPUT_BYTES 512
#define CONSOLE_OUTPUT_BYTES 2048

#ifdef CONSOLE_UART
static uint8_t gConsoleOpen;
#endif

/* milliseconds(): since boot. 64 bits of microseconds, corrected after light sleep; never wraps. */
void xs_balsa_milliseconds(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)(esp_timer_get_time() / 1000));
}

/* random32(): true randomness while the radio runs, as ESP-IDF's manual of esp_random says. */
void xs_balsa_random32(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)esp_random());
}

/* macAddress(target): fills 6 bytes with the factory address of the station */
void xs_balsa_macAddress(xsMachine *the)
{
	void *target = NULL;
	xsUnsignedValue size = 0;

	(void)xsmcGetBufferWritable(xsArg(0), &target, &size);
	if (size < 6)
		xsRangeError("outside the bytes");
	if (ESP_OK != esp_read_mac(target, ESP_MAC_WIFI_STA))
		xsUnknownError("no address");
}

/*
 * keepRadioAwake(): ESP-IDF's default lets the modem sleep between beacons, so that a datagram waits
 * a hundred milliseconds and more; a heartbeat is due every 150.
 */
void xs_balsa_keepRadioAwake(xsMachine *the)
{
	if (ESP_OK != esp_wifi_set_ps(WIFI_PS_NONE))
		xsUnknownError("the radio does not stay awake");
}

void xs_balsa_restart(xsMachine *the)
{
	(void)the;
	esp_restart();
}

/* consoleOpen(): true when this build has a console of its own */
void xs_balsa_consoleOpen(xsMachine *the)
{
#ifdef CONSOLE_UART
	if (!gConsoleOpen)
		gConsoleOpen =
			ESP_OK == uart_driver_install(CONSOLE_UART, CONSOLE_INPUT_BYTES, CONSOLE_OUTPUT_BYTES, 0, NULL, 0);
	xsmcSetBoolean(xsResult, gConsoleOpen);
#else
	xsmcSetFalse(xsResult);
#endif
}

/* consoleRead(target): bytes that were typed since, at once, 0 for none */
void xs_balsa_consoleRead(xsMachine *the)
{
	void *target = NULL;
	xsUnsignedValue size = 0;
	int count = 0;

	(void)xsmcGetBufferWritable(xsArg(0), &target, &size);
#ifdef CONSOLE_UART
	if (gConsoleOpen)
		count = uart_read_bytes(CONSOLE_UART, target, (uint32_t)size, 0);
#endif
	xsmcSetInteger(xsResult, count < 0 ? 0 : count);
}

/* consoleWrite(text): false, and nothing is written, when there is no room: the node never waits for a terminal */
void xs_balsa_consoleWrite(xsMachine *the)
{
	const char *text = xsmcToString(xsArg(0));
	size_t length = c_strlen(text);

	xsmcSetFalse(xsResult);
#ifdef CONSOLE_UART
	size_t room = 0;
	if (gConsoleOpen && ESP_OK == uart_get_tx_buffer_free_size(CONSOLE_UART, &room) && room >= length) {
		(void)uart_write_bytes(CONSOLE_UART, text, length);
		xsmcSetTrue(xsResult);
	}
#else
	(void)length;
#endif
}

/* consoleFlush(): waits at most 200 ms until what was written has left, before a restart */
void xs_balsa_consoleFlush(xsMachine *the)
{
	(void)the;
#ifdef CONSOLE_UART
	if (gConsoleOpen)
		(void)uart_wait_tx_done(CONSOLE_UART, pdMS_TO_TICKS(200));
#endif
}
