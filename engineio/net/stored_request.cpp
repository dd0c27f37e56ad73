#include "engineio/net/stored_request.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace engineio::net {

namespace {

// Strings behind their lengths. No field of a request is longer than its head, 16 KiB.
void pack(std::string& out, std::string_view text) {
    auto const length = static_cast<std::uint32_t>(text.size());
    char bytes[sizeof length];
    std::memcpy(bytes, &length, sizeof length);
    out.append(bytes, sizeof length).append(text);
}

std::string unpack(std::string_view& rest) {
    std::uint32_t length;
    std::memcpy(&length, rest.data(), sizeof length);
    std::string text(rest.substr(sizeof length, length));
    rest.remove_prefix(sizeof length + length);
    return text;
}

}  // namespace

StoredRequest::StoredRequest(Request const& request) {
    packed_.push_back(static_cast<char>(request.http_minor));
    packed_.push_back(request.secure ? 1 : 0);
    packed_.push_back(request.upgrade ? 1 : 0);
    pack(packed_, request.method);
    pack(packed_, request.target);
    pack(packed_, request.remote_address);
    for (auto const& [name, value] : request.headers) {
        pack(packed_, name);
        pack(packed_, value);
    }
    packed_.shrink_to_fit();
}

StoredRequest::~StoredRequest() {
    delete request_.load(std::memory_order_acquire);
}

Request const& StoredRequest::get() const {
    if (auto const* const made = request_.load(std::memory_order_acquire)) {
        return *made;
    }
    auto request = std::make_unique<Request>();
    std::string_view rest = packed_;
    request->http_minor = rest[0];
    request->secure = rest[1] != 0;
    request->upgrade = rest[2] != 0;
    rest.remove_prefix(3);
    request->method = unpack(rest);
    request->target = unpack(rest);
    request->remote_address = unpack(rest);
    while (!rest.empty()) {
        auto name = unpack(rest);
        request->headers.push_back({std::move(name), unpack(rest)});
    }
    Request const* other = nullptr;
    if (request_.compare_exchange_strong(other, request.get(), std::memory_order_acq_rel)) {
        return *request.release();
    }
    return *other;  // another thread was faster
}

}  // namespace engineio::net
