#pragma once

#include <filesystem>
#include <stdlib.h>  // mkdtemp
#include <string>

namespace loopback {

// A folder for a Unix socket, gone at the end.
struct SocketFolder {
    SocketFolder() {
        auto pattern = (std::filesystem::temp_directory_path() / "hubbub-unix-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~SocketFolder() { std::filesystem::remove_all(path); }
    SocketFolder(SocketFolder const&) = delete;
    SocketFolder& operator=(SocketFolder const&) = delete;
    std::string file() const { return path + "/s"; }
    std::string host() const { return "unix:" + file(); }

    std::string path;
};

}  // namespace loopback
