#include "apps/common/http_client.hpp"

#include "engineio/net/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace apps::common {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using TimePoint = std::chrono::steady_clock::time_point;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

HttpEnd end_of(error_code error) {
    if (error == beast::error::timeout) {
        return HttpEnd::timeout;
    }
    if (error == http::error::body_limit || error == http::error::header_limit) {
        return HttpEnd::too_large;
    }
    bool const broke = error == http::error::end_of_stream || error == http::error::partial_message;
    bool const grammar =
        error.category() == http::make_error_code(http::error::bad_method).category();
    return grammar && !broke ? HttpEnd::invalid : HttpEnd::unreachable;
}

http::request<http::string_body> request_of(HttpCall& call) {
    constexpr int http_1_1 = 11;
    http::request<http::string_body> request(http::verb::post, call.target.path, http_1_1);
    auto const& target = call.target;
    bool const usual_port = target.port == (target.secure ? "443" : "80");
    request.set(http::field::host, usual_port ? target.host : target.host + ":" + target.port);
    request.set(http::field::connection, "close");
    for (auto const& header : call.headers) {
        request.set(header.name, header.value);
    }
    request.body() = std::move(call.body);
    request.prepare_payload();
    return request;
}

template <class Stream>
asio::awaitable<HttpEnd> exchange(Stream& stream, HttpCall& call, HttpListener& listener) {
    auto request = request_of(call);
    auto const [unsent, sent] = co_await http::async_write(stream, request, token);
    if (unsent) {
        co_return end_of(unsent);
    }
    beast::flat_buffer buffer;
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(call.max_body_bytes);
    auto const [unread, head] = co_await http::async_read_header(stream, buffer, parser, token);
    if (unread) {
        co_return end_of(unread);
    }
    auto const type = parser.get()[http::field::content_type];
    listener.on_head(parser.get().result_int(), {type.data(), type.size()});
    std::array<char, 8192> piece{};
    while (!parser.is_done()) {
        auto& body = parser.get().body();
        body.data = piece.data();
        body.size = piece.size();
        auto const [error, count] = co_await http::async_read_some(stream, buffer, parser, token);
        auto const filled = piece.size() - parser.get().body().size;
        listener.on_body({piece.data(), filled});
        if (error && error != http::error::need_buffer) {
            co_return end_of(error);
        }
    }
    co_return HttpEnd::complete;
}

asio::awaitable<HttpEnd> exchange_tls(beast::tcp_stream connection, asio::ssl::context& context,
                                      HttpCall& call, HttpListener& listener) {
    beast::ssl_stream<beast::tcp_stream> stream(std::move(connection), context);
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(call.target.host));
    if (SSL_set_tlsext_host_name(stream.native_handle(), call.target.host.c_str()) != 1) {
        co_return HttpEnd::unreachable;
    }
    auto const [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, token);
    if (error) {
        co_return error == beast::error::timeout ? HttpEnd::timeout : HttpEnd::unreachable;
    }
    co_return co_await exchange(stream, call, listener);
}

// A look-up cannot be given a deadline, only be abandoned.
asio::awaitable<std::pair<error_code, tcp::resolver::results_type>>
look_up(HttpTarget const& target, TimePoint deadline) {
    auto const executor = co_await asio::this_coro::executor;
    auto const resolver = std::make_shared<tcp::resolver>(executor);
    asio::steady_timer timer(executor, deadline);
    timer.async_wait([resolver](error_code error) {
        if (!error) {
            resolver->cancel();
        }
    });
    auto [error, found] = co_await resolver->async_resolve(target.host, target.port, token);
    if (error == asio::error::operation_aborted) {
        error = beast::error::timeout;
    }
    co_return std::pair(error, std::move(found));
}

asio::awaitable<HttpEnd> perform(asio::ssl::context& context, HttpCall& call,
                                 HttpListener& listener) {
    auto const deadline = engineio::net::later(std::chrono::steady_clock::now(), call.timeout);
    auto const [unknown, addresses] = co_await look_up(call.target, deadline);
    if (unknown) {
        co_return unknown == beast::error::timeout ? HttpEnd::timeout : HttpEnd::unreachable;
    }
    beast::tcp_stream stream(co_await asio::this_coro::executor);
    stream.expires_at(deadline);
    auto const [error, endpoint] = co_await stream.async_connect(addresses, token);
    if (error) {
        co_return end_of(error);
    }
    if (call.target.secure) {
        co_return co_await exchange_tls(std::move(stream), context, call, listener);
    }
    co_return co_await exchange(stream, call, listener);
}

}  // namespace

struct HttpClient::Loop {
    Loop() : work(asio::make_work_guard(context)), thread([this] { context.run(); }) {
        tls.set_default_verify_paths();
    }
    ~Loop() {
        context.stop();
        thread.join();
    }

    asio::awaitable<void> run(HttpCall call, std::unique_ptr<HttpListener> listener) {
        auto const end = co_await perform(tls, call, *listener);
        --calls;
        listener->on_end(end);
    }

    asio::ssl::context tls{asio::ssl::context::tls_client};
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work;
    std::atomic<std::size_t> calls{0};
    std::thread thread;
};

HttpClient::HttpClient() : loop_(std::make_unique<Loop>()) {}
HttpClient::~HttpClient() = default;

void HttpClient::post(HttpCall call, std::unique_ptr<HttpListener> listener) {
    if (++loop_->calls > max_calls) {
        --loop_->calls;
        listener->on_end(HttpEnd::busy);
        return;
    }
    asio::co_spawn(loop_->context, loop_->run(std::move(call), std::move(listener)),
                   asio::detached);
}

std::optional<HttpTarget> parse_http_url(std::string_view url) {
    HttpTarget target;
    target.secure = url.starts_with("https://");
    if (!target.secure && !url.starts_with("http://")) {
        return std::nullopt;
    }
    url.remove_prefix(target.secure ? 8 : 7);
    auto const slash = url.find_first_of("/?#");
    auto authority = url.substr(0, slash);
    if (slash != std::string_view::npos) {
        target.path = url.substr(slash, url.find('#') - slash);
        if (!target.path.starts_with('/')) {
            target.path.insert(0, "/");
        }
    }
    target.port = target.secure ? "443" : "80";
    auto const colon = authority.rfind(':');
    if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
        target.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) {
        authority = authority.substr(1, authority.size() - 2);
    }
    target.host = authority;
    bool const digits = !target.port.empty() && target.port.size() <= 5 &&
                        target.port.find_first_not_of("0123456789") == std::string::npos;
    bool const plain = url.find_first_of(" \t\r\n@") == std::string_view::npos;
    return digits && plain && !target.host.empty() ? std::optional(target) : std::nullopt;
}

}  // namespace apps::common
