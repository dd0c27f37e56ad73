#include "engineio/net/http.hpp"

#include "engineio/net/http_connection.hpp"
#include "engineio/net/ws_connection.hpp"

#include <algorithm>
#include <utility>

namespace engineio::net {

std::string const* find_header(Headers const& headers, std::string_view lower_case_name) {
    for (auto const& header : headers) {
        if (iequals(header.name, lower_case_name)) {
            return &header.value;
        }
    }
    return nullptr;
}

void set_header(Headers& headers, std::string_view name, std::string value) {
    auto const same = [&](Header const& header) { return iequals(header.name, name); };
    auto const found = std::find_if(headers.begin(), headers.end(), same);
    if (found != headers.end()) {
        found->value = std::move(value);
    } else {
        headers.push_back({std::string(name), std::move(value)});
    }
}

std::string_view Request::path() const& {
    return std::string_view(target).substr(0, target.find('?'));
}

Query Request::query() const {
    return query_of_target(target);
}

Query query_of_target(std::string_view target) {
    auto const mark = target.find('?');
    if (mark == std::string_view::npos) {
        return {};
    }
    auto const query = target.substr(mark + 1);
    return Query::parse(query.substr(0, query.find('#')));  // a fragment is not for us
}

std::string_view Request::header(std::string_view lower_case_name) const& {
    auto const* value = find_header(headers, lower_case_name);
    return value ? std::string_view(*value) : std::string_view();
}

namespace {

// A connection whose responder is spent has nobody who would end it: if there is no memory for the
// answer it is cut.
template <class F>
auto or_drop(HttpConnection& connection, F call) {
    try {
        return call();
    } catch (...) {
        connection.drop();
        throw;
    }
}

}  // namespace

Responder::Responder(HttpConnection& connection) : connection_(&connection) {
    connection.attach(*this);
}

Responder::~Responder() {
    drop();
}

Responder::Responder(Responder&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {
    if (connection_) {
        connection_->attach(*this);
    }
}

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this != &other) {
        drop();
        connection_ = std::exchange(other.connection_, nullptr);
        if (connection_) {
            connection_->attach(*this);
        }
    }
    return *this;
}

void Responder::read_body(std::size_t max_bytes,
                          std::function<void(BodyResult, std::string)> done) {
    if (auto* const connection = connection_) {
        or_drop(*connection, [&] { connection->read_body(max_bytes, std::move(done)); });
    }
}

void Responder::on_abort(std::function<void()> callback) {
    if (connection_) {
        connection_->on_abort(std::move(callback));
    }
}

void Responder::respond(Response response, AnswerWatch* watch) {
    if (auto* const connection = connection_) {
        or_drop(*connection, [&] { connection->respond(std::move(response), watch); });
    }
}

void Responder::drop() {
    if (connection_) {
        connection_->drop();
    }
}

WsConnection* Responder::accept_websocket(std::unique_ptr<WsHandler> handler,
                                          WsOptions const& options, Headers headers) {
    auto* const connection = connection_;
    return connection ? or_drop(*connection,
                                [&] {
                                    return connection->accept_websocket(std::move(handler), options,
                                                                        headers);
                                })
                      : nullptr;
}

void Responder::hand_over(unsigned shard_index) {
    if (auto* const connection = connection_) {
        or_drop(*connection, [&] { connection->hand_over(shard_index); });
    }
}

}  // namespace engineio::net
