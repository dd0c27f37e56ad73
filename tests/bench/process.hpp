#pragma once

namespace bench {

// What a process has used up so far.
struct Usage {
    double cpu = 0;   // seconds, as the scheduler counts them
    double user = 0;  // the same by ticks of the clock, for the share of user and system
    double system = 0;
};

Usage usage_of(int process);
// Bytes of it in memory.
double resident_bytes(int process);

}  // namespace bench
