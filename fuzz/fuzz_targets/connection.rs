//! libFuzzer target; without cargo-fuzz a program that replays files.
#![cfg_attr(fuzzing, no_main)]
esse_fuzz::target!(connection);
