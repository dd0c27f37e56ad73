#include "tests/bench/process.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace bench {

namespace {

std::string folder_of(int process) {
    return "/proc/" + std::to_string(process);
}

std::string text_of(std::string const& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

Usage usage_of(int process) {
    Usage usage;
    auto const folder = folder_of(process);
    // Behind the name, which may contain anything: state, ten numbers, utime, stime (proc(5)).
    auto const stat = text_of(folder + "/stat");
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
        fields >> skipped;
    }
    double ticks_user = 0;
    double ticks_system = 0;
    fields >> ticks_user >> ticks_system;
    auto const hertz = static_cast<double>(::sysconf(_SC_CLK_TCK));
    usage.user = ticks_user / hertz;
    usage.system = ticks_system / hertz;
    for (auto const& task : std::filesystem::directory_iterator(folder + "/task")) {
        double nanoseconds = 0;
        std::ifstream(task.path() / "schedstat") >> nanoseconds;
        usage.cpu += nanoseconds / 1e9;
    }
    return usage;
}

double resident_bytes(int process) {
    double total = 0;
    double pages = 0;
    std::ifstream(folder_of(process) + "/statm") >> total >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace bench
