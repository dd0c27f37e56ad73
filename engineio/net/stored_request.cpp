#include "engineio/net/stored_request.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace engineio::net {

namespace {

// First of all a byte for each of these.
enum Flag : std::size_t { http_minor, secure_flag, upgrade_flag, flag_count };

// Strings behind their lengths. No field of a request is longer than its head, 16 KiB.
void pack(std::string& out, std::string_view text) {
    auto const length = static_cast<std::uint32_t>(text.size());
    char bytes[sizeof length];
    std::memcpy(bytes, &length, sizeof length);
    out.append(bytes, sizeof length).append(text);
}

std::string_view next(std::string_view& rest) {
    std::uint32_t length;
    std::memcpy(&length, rest.data(), sizeof length);
    auto const text = rest.substr(sizeof length, length);
    rest.remove_prefix(sizeof length + length);
    return text;
}

// Every string in its order; `fields` then begins with the first header field.
struct Line {
    explicit Line(std::string_view packed)
        : fields(packed.substr(flag_count)), method(next(fields)), target(next(fields)),
          remote_address(next(fields)) {}
    std::string_view fields;
    std::string_view method;
    std::string_view target;
    std::string_view remote_address;
};

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

Request StoredRequest::unpack() const {
    Line line(packed_);
    Request request;
    request.http_minor = packed_[http_minor];
    request.secure = secure();
    request.upgrade = packed_[upgrade_flag] != 0;
    request.method = line.method;
    request.target = line.target;
    request.remote_address = line.remote_address;
    while (!line.fields.empty()) {
        auto const name = next(line.fields);
        request.headers.push_back({std::string(name), std::string(next(line.fields))});
    }
    return request;
}

std::optional<std::string_view> StoredRequest::header(std::string_view lower_case_name) const {
    auto fields = Line(packed_).fields;
    while (!fields.empty()) {
        auto const name = next(fields);
        auto const value = next(fields);
        if (name == lower_case_name) {
            return value;
        }
    }
    return std::nullopt;
}

std::string_view StoredRequest::target() const {
    return Line(packed_).target;
}

std::string_view StoredRequest::remote_address() const {
    return Line(packed_).remote_address;
}

bool StoredRequest::secure() const {
    return packed_[secure_flag] != 0;
}

}  // namespace engineio::net
