/** Where the build finds and leaves things. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const BUILD = join(ROOT, "build");
export const XS = join(BUILD, "vendor", "xs");
export const LWIP = join(BUILD, "vendor", "lwip");
export const QEMU = join(ROOT, "platform", "qemu");
