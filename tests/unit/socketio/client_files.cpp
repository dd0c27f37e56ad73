#include "socketio/client_files.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace client_files_test {

using socketio::ClientFiles;
namespace fs = std::filesystem;

namespace {

// A folder with two bundles, removed at the end of the test.
struct Folder {
    Folder()
        : path(fs::temp_directory_path() / ("hubbub-client-files-" + std::to_string(::getpid()))) {
        fs::create_directories(path);
    }
    ~Folder() { fs::remove_all(path); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    void write(std::string const& name, std::string const& text) const {
        std::ofstream(path / name, std::ios::binary) << text;
    }
    fs::path path;
};

engineio::net::Request get(std::string target, engineio::net::Headers headers = {}) {
    engineio::net::Request request;
    request.method = "GET";
    request.target = std::move(target);
    request.headers = std::move(headers);
    return request;
}

std::string header(engineio::net::Response const& response, std::string_view name) {
    for (auto const& field : response.headers) {
        if (field.name == name) {
            return field.value;
        }
    }
    return "";
}

}  // namespace

TEST_CASE("client_files: serves the bundles that are there and nothing else") {
    Folder const folder;
    folder.write("socket.io.js", "/*!\n * Socket.IO v4.8.4\n * (c) */ code");
    folder.write("socket.io.js.map", "{}");
    folder.write("secret.txt", "secret");
    ClientFiles files("/socket.io", folder.path.string());

    auto const main = files.serve(get("/socket.io/socket.io.js?v=1"));
    REQUIRE(main);
    CHECK(main->status == 200);
    CHECK(main->content().ends_with("code"));
    CHECK(header(*main, "ETag") == "\"4.8.4\"");
    CHECK(header(*main, "Content-Type") == "application/javascript; charset=utf-8");
    CHECK(header(*main, "Cache-Control") == "public, max-age=0");
    CHECK(header(*main, "Content-Encoding") == "");

    auto const map = files.serve(get("/socket.io/socket.io.js.map"));
    REQUIRE(map);
    CHECK(header(*map, "Content-Type") == "application/json; charset=utf-8");

    for (auto const* target :
         {"/socket.io/", "/socket.io", "/socket.io.js", "/socket.io/secret.txt", "/socket.ioX",
          "/socket.io/socket.io.min.js", "/socket.io/../secret.txt", "/socket.io/socket.io.js/",
          "/socket.io//socket.io.js", "/socket.io/socket%2eio.js", "", "/"}) {
        CAPTURE(target);
        CHECK_FALSE(files.serve(get(target)));
    }
}

TEST_CASE("client_files: conditional and compressed answers") {
    Folder const folder;
    folder.write("socket.io.js", "Socket.IO v4.8.4 " + std::string(10'000, 'x'));
    ClientFiles files("/path", folder.path.string());
    for (auto const* match : {"\"4.8.4\"", "W/\"4.8.4\""}) {
        auto const answer = files.serve(get("/path/socket.io.js", {{"if-none-match", match}}));
        REQUIRE(answer);
        CHECK(answer->status == 304);
        CHECK(answer->content().empty());
    }
    CHECK(files.serve(get("/path/socket.io.js", {{"if-none-match", "\"4.8\""}}))->status == 200);
    for (std::string const encoding : {"gzip", "deflate", "gzip"}) {
        auto const answer = files.serve(get("/path/socket.io.js", {{"accept-encoding", encoding}}));
        REQUIRE(answer);
        CHECK(header(*answer, "Content-Encoding") == encoding);
        CHECK(answer->content().size() < 1'000);
        CHECK(answer->content().front() == (encoding == "gzip" ? '\x1f' : '\x78'));
    }
}

TEST_CASE("client_files: a bundle without banner has an unknown version") {
    Folder const folder;
    folder.write("socket.io.js", "");
    ClientFiles files("/s", folder.path.string());
    CHECK(header(*files.serve(get("/s/socket.io.js")), "ETag") == "\"unknown\"");
}

TEST_CASE("client_files: a folder without the client is named in the error") {
    Folder const folder;
    auto const name = folder.path.string();
    CHECK_THROWS_WITH_AS(ClientFiles("/s", name), doctest::Contains(name.c_str()),
                         std::runtime_error);
}

}  // namespace client_files_test
