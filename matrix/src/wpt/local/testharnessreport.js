// Stands in for resources/testharnessreport.js of web-platform-tests: gives the results to the page that has opened
// this one.

"use strict";

setup({ output: false });
add_completion_callback((tests, status) => {
  const results = tests.map(({ name, status, message }) => ({ name, passed: status === 0, message }));
  parent.postMessage({ status: status.status, message: status.message, results }, "*");
});
