#include "socketio/client_files.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace socketio {

namespace {

constexpr std::array<std::string_view, 4> bundle_names = {
    "socket.io.js", "socket.io.min.js", "socket.io.esm.min.js", "socket.io.msgpack.min.js"};

std::optional<std::string> read_file(std::filesystem::path const& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// The bundles begin with a banner: "Socket.IO v4.8.4".
std::string version_in(std::string_view bundle) {
    constexpr std::string_view mark = "Socket.IO v";
    auto const start = bundle.substr(0, 512).find(mark);
    if (start == std::string_view::npos) {
        return "unknown";
    }
    bundle.remove_prefix(start + mark.size());
    return std::string(
        bundle.substr(0, bundle.find_first_not_of("0123456789.-abcdefghijklmnopqrstuvwxyz")));
}

}  // namespace

ClientFiles::ClientFiles(std::string path, std::string const& folder) : path_(std::move(path)) {
    for (auto const name : bundle_names) {
        for (auto const& file : {std::string(name), std::string(name) + ".map"}) {
            if (auto body = read_file(std::filesystem::path(folder) / file)) {
                files_.try_emplace(file, std::move(*body));
            }
        }
    }
    auto const main = files_.find("socket.io.js");
    if (main == files_.end()) {
        throw std::runtime_error(fmt::format(
            "no socket.io.js in the client folder \"{}\": install the npm package socket.io and "
            "name its client-dist folder, or turn serve_client off",
            folder));
    }
    etag_ = fmt::format("\"{}\"", version_in(main->second.identity()));
}

engineio::net::EncodedBody const* ClientFiles::find(std::string_view target) const {
    if (!target.starts_with(path_)) {
        return nullptr;
    }
    target.remove_prefix(path_.size());
    if (target.empty() || target.front() != '/') {
        return nullptr;
    }
    target.remove_prefix(1);
    auto const found = files_.find(target.substr(0, target.find('?')));
    return found == files_.end() ? nullptr : &found->second;
}

std::optional<engineio::net::Response>
ClientFiles::serve(engineio::net::Request const& request) const {
    auto const* const file = find(request.target);
    if (!file) {
        return std::nullopt;
    }
    engineio::net::Response response;
    auto const match = request.header("if-none-match");
    if (!match.empty() && (match == etag_ || match == "W/" + etag_)) {
        response.status = 304;
        return response;
    }
    bool const map = request.path().ends_with(".map");
    response.headers = {{"Cache-Control", "public, max-age=0"},
                        {"Content-Type", map ? "application/json; charset=utf-8"
                                             : "application/javascript; charset=utf-8"},
                        {"ETag", etag_}};
    auto const encoding = engineio::net::negotiate_encoding(request.header("accept-encoding"));
    if (encoding != engineio::net::ContentEncoding::identity) {
        response.headers.push_back(
            {"Content-Encoding", std::string(engineio::net::encoding_name(encoding))});
    }
    response.shared_body = file->as(encoding);
    return response;
}

}  // namespace socketio
