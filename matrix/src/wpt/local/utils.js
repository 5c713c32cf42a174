// Stands in for common/utils.js of web-platform-tests: as much of it as the exported pages use.

"use strict";

function token() {
  const digits = () => Math.floor((1 + Math.random()) * 0x10000).toString(16).substring(1);
  return `${digits()}${digits()}-${digits()}-${digits()}-${digits()}-${digits()}${digits()}${digits()}`;
}
