#include "socketio/client.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/log.hpp"
#include "engineio/net/shard.hpp"
#include "socketio/namespace_shard.hpp"
#include "socketio/recovery.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace socketio {

namespace {

// The application's own decoder may throw, as those of Node do; the peer pays for it, not we.
template <class F>
DecodeResult decoded(F&& decode) {
    try {
        return decode();
    } catch (std::exception const& error) {
        return DecodeResult::failure(error.what());
    } catch (...) {
        return DecodeResult::failure("the decoder threw");
    }
}

}  // namespace

using engineio::net::Message;
using engineio::net::MessageKind;

Messages to_messages(EncodedPacket const& packet) {
    Messages messages;
    messages.reserve(1 + packet.attachments.size());
    messages.push_back(packet.binary_main ? Message::make(MessageKind::binary, packet.main)
                                          : Message::make(MessageKind::text, "4", packet.main));
    for (auto const& attachment : packet.attachments) {
        messages.push_back(Message::make(MessageKind::binary, attachment));
    }
    return messages;
}

Client::Client(Core& core, engineio::Session& session)
    : core_(core), session_(session), decoder_(core.parser().make_decoder()),
      connect_timer_(std::make_unique<engineio::net::Timer>(
          [](void* self) { static_cast<Client*>(self)->on_connect_timeout(); }, this)) {
    decoder_->set_limits(core_.options().limits.packet);
    if (core_.has_raw_handlers()) {
        leave_events_raw();
    }
    session_.shard().timers().arm_after(*connect_timer_, core_.options().connect_timeout);
    core_.add_client(*this, session_.shard().index());  // nothing throws after it
}

void Client::begin() {
    core_.announce_connection(*this);
    if (session_.protocol() == 3) {
        connect("/", Json::object());
    }
}

Client::~Client() {
    // Only a server torn down without its threads gets here with sockets left.
    for (auto const& socket : sockets_) {
        socket->tear_down();
    }
    for (auto const& connecting : connecting_) {
        connecting.socket->abandon();
    }
    if (connection_) {
        connection_->tear_down();
    }
    if (gate_) {
        gate_->connection_gone();
    }
    core_.remove_client(*this, session_.shard().index());
}

void Client::on_message(std::string_view text) {
    if (!closing_) {
        on_decoded(decoded([&] { return decoder_->on_text(text); }));
    }
}

void Client::on_binary(std::string_view bytes) {
    if (!closing_) {
        on_decoded(decoded([&] { return decoder_->on_binary(bytes); }));
    }
}

// For the log: a session's id is a secret of its client.
std::string_view Client::public_name() const {
    return sockets_.empty() ? session_.request()->remote_address() : sockets_.front()->id();
}

bool Client::wants_raw(std::string_view name, std::string_view event) const {
    Socket const* const socket = find(name);
    return socket && socket->wants_raw(event);
}

void Client::on_decoded(DecodeResult&& result) {
    switch (result.kind) {
    case DecodeResult::Kind::need_more:
        return;
    case DecodeResult::Kind::packet:
        return on_packet(std::move(result.packet));
    case DecodeResult::Kind::error:
        break;
    }
    closing_ = true;
    ++session_.shard().metrics().protocol_errors;
    engineio::net::log_debug("socketio", "closing {}: {}", session_.sid(), result.error);
    if (!result.limit.empty()) {
        session_.shard().limit_hit(result.limit, public_name());
    }
    auto const sockets = sockets_;  // a handler may disconnect one
    for (auto const& socket : sockets) {
        socket->report_error({result.error, std::nullopt});
    }
    session_.close();
}

void Client::on_packet(Packet&& packet) {
    std::string_view name = packet.nsp;
    if (session_.protocol() == 3) {
        name = name.substr(0, name.find('?'));
    }
    SocketPtr socket(find(name));
    if (!socket) {
        if (packet.type != PacketType::connect) {
            return close_invalid();
        }
        if (sockets_.size() + connecting_.size() >= core_.options().limits.max_sockets) {
            session_.shard().limit_hit("max_sockets", public_name());
            return close_invalid();
        }
        if (has_too_many(name)) {
            session_.shard().limit_hit("max_sockets_per_namespace", public_name());
            return close_invalid();
        }
        if (session_.protocol() == 3) {
            return connect_revision3(packet.nsp);
        }
        return connect(name, packet.has_data ? std::move(packet.data) : Json::object());
    }
    if (packet.type == PacketType::connect || packet.type == PacketType::connect_error) {
        return close_invalid();
    }
    if (packet.type == PacketType::disconnect) {
        socket->leaving_ = true;
    }
    if (packet.type == PacketType::ack && !socket->awaits(packet.id)) {
        return;  // unknown, answered before or too late; or forged, before the question was sent
    }
    session_.shard().defer([socket = std::move(socket), packet = std::move(packet)]() mutable {
        socket->on_packet(std::move(packet));
    });
}

// Socket.IO 2 puts what is now the auth payload into the namespace's query string.
void Client::connect_revision3(std::string_view name) {
    auto const mark = name.find('?');
    if (mark == std::string_view::npos) {
        return connect(name, Json::object());
    }
    connect(name.substr(0, mark), query_json(engineio::net::Query::parse(name.substr(mark + 1))));
}

void Client::connect(std::string_view name, Json auth) {
    // The tree is kept as long as the socket, and is much larger than its text may be.
    auto const auth_bytes = auth.memory();
    if (auth_bytes_ + auth_bytes > core_.options().limits.max_auth_bytes) {
        session_.shard().limit_hit("max_auth_bytes", public_name());
        return reject(name, "Auth payload too large");
    }
    NamespacePtr const nsp = core_.resolve(std::string(name), auth);
    if (!nsp) {
        return reject(name, "Invalid namespace");
    }
    Handshake handshake(session_.request(), std::move(auth), std::chrono::system_clock::now());
    SocketPtr socket;
    if (may_restore(*nsp) && restore(*nsp, socket, handshake)) {
        socket->occupies_ = nsp->is_child_;
        auth_bytes_ += auth_bytes;
        if (core_.options().connection_state_recovery->skip_middlewares) {
            connecting_.push_back({socket, {}});
            return nsp->conclude(socket, std::nullopt);
        }
        return ask_middlewares(*nsp, socket);
    }
    std::string id = core_.new_socket_id();
    if (session_.protocol() == 3) {
        id = name == "/" ? session_.sid() : std::string(name) + "#" + session_.sid();
    }
    socket = new Socket(*this, *nsp, std::move(id), std::move(handshake));
    socket->occupies_ = nsp->is_child_;
    if (nsp->recovery_) {
        socket->pid_ = core_.new_socket_id();
    }
    auth_bytes_ += auth_bytes;
    ask_middlewares(*nsp, socket);
}

void Client::ask_middlewares(Namespace& nsp, SocketPtr const& socket) {
    connecting_.push_back({socket, {}});
    nsp.connect(socket);
    auto const limit = core_.options().limits.middleware_timeout;
    auto const at = std::ranges::find(connecting_, socket, &Connecting::socket);
    if (!socket->decided_ && limit.count() > 0 && at != connecting_.end()) {
        at->time = session_.shard().timers().after(
            limit, [this, waiting = socket.get()] { on_middleware_timeout(*waiting); });
    }
}

void Client::on_middleware_timeout(Socket& socket) {
    if (!socket.decided_) {
        session_.shard().limit_hit("middleware_timeout", public_name());
        socket.nsp().conclude(SocketPtr(&socket), ConnectError{"Middleware timeout"});
    }
}

// One at a time: a thousand CONNECTs for one session may come in a message.
bool Client::may_restore(Namespace& nsp) const {
    auto const is_there = [&](auto const& one) { return &one.socket->nsp() == &nsp; };
    return nsp.recovery_ && session_.protocol() != 3 && std::ranges::none_of(connecting_, is_there);
}

// Brings back the socket whose pid and offset the client presents; what it has missed follows once
// it is admitted.
bool Client::restore(Namespace& nsp, SocketPtr& socket, Handshake const& handshake) {
    auto const* const pid = handshake.auth()["pid"].string();
    auto const* const offset = handshake.auth()["offset"].string();
    if (!pid || !offset) {
        return false;
    }
    auto saved = nsp.recovery_->find(session_.shard().now(), *pid, *offset);
    if (!saved) {
        return false;
    }
    socket = new Socket(*this, nsp, std::move(saved->sid), handshake);
    socket->pid_ = std::move(saved->pid);
    socket->recovered_ = true;
    socket->data() = std::move(saved->data);
    socket->join(std::move(saved->rooms));
    return true;
}

void Client::reject(std::string_view name, std::string_view reason) {
    auto const payload = [reason](Writer& writer) {
        writer.begin_object(1);
        writer.key("message");
        writer.string(reason);
        writer.end_object();
    };
    send(core_.parser().encode(PacketType::connect_error, name, std::nullopt, payload));
}

void Client::connected(SocketPtr const& socket) {
    std::erase_if(connecting_, [&](auto const& one) { return one.socket == socket; });
    // Two CONNECTs in flight make two sockets of one namespace: packets are for the later one.
    if (Socket* const before = find(socket->nsp().name())) {
        before->superseded_ = true;
    }
    connecting_.shrink_to_fit();  // mostly to nothing, for good
    sockets_.push_back(socket);
    connect_timer_.reset();
}

void Client::refused(Socket& socket, ConnectError const& error) {
    bool const old = session_.protocol() == 3;
    auto const payload = [&](Writer& writer) {
        if (old && error.data) {
            return write(writer, *error.data);
        }
        if (old) {
            return writer.string(error.message);
        }
        writer.begin_object(error.data ? 2 : 1);
        writer.key("message");
        writer.string(error.message);
        if (error.data) {
            writer.key("data");
            write(writer, *error.data);
        }
        writer.end_object();
    };
    send_packet(PacketType::connect_error, socket.nsp(), payload);
    if (std::erase_if(connecting_, [&](auto const& one) { return one.socket.get() == &socket; })) {
        auth_bytes_ -= socket.handshake().auth().memory();
    }
}

void Client::remove(Socket& socket) {
    SocketPtr const keep(&socket);
    if (std::erase(sockets_, keep) != 0) {
        auth_bytes_ -= socket.handshake().auth().memory();
    }
}

void Client::send_packet(PacketType type, Namespace const& nsp, PayloadRef data) {
    send(core_.parser().encode(type, nsp.name(), std::nullopt, data));
}

void Client::send(EncodedPacket const& packet, bool compress) {
    send(to_messages(packet), compress);
}

void Client::send(std::span<Message const> messages, bool compress) {
    session_.send(messages, compress);
}

Socket* Client::find(std::string_view name) const {
    // The latest first: there may be many, and those before it are no more spoken to.
    auto const found = std::find_if(sockets_.rbegin(), sockets_.rend(), [&](auto const& socket) {
        return socket->nsp().name() == name && !socket->superseded_;
    });
    return found == sockets_.rend() ? nullptr : found->get();
}

// Of sockets that one after the other has superseded, or will.
bool Client::has_too_many(std::string_view name) const {
    auto const of_it = [name](auto const& socket) { return socket->nsp().name() == name; };
    auto const count = std::ranges::count_if(sockets_, of_it) +
                       std::ranges::count_if(connecting_, of_it, &Connecting::socket);
    return static_cast<std::size_t>(count) >= engineio::limits::max_sockets_per_namespace;
}

// A packet that this state of the connection does not allow (reference-behaviour 5.2).
void Client::close_invalid() {
    closing_ = true;
    ++session_.shard().metrics().protocol_errors;
    if (!session_.is_open()) {
        return;
    }
    bool const ends_at_once =
        session_.transport() == engineio::TransportName::websocket || session_.idle();
    session_.close();
    leave_all(ends_at_once ? DisconnectReason::forced_close : DisconnectReason::forced_server_close,
              {});
}

void Client::on_connect_timeout() {
    if (sockets_.empty()) {
        close_invalid();
    }
}

void Client::on_close(engineio::CloseReason reason, std::string_view description) {
    closing_ = true;
    connect_timer_.reset();
    leave_all(from_engine(reason), description);
    for (auto const& connecting : std::exchange(connecting_, {})) {
        connecting.socket->dismiss();
    }
    if (auto const gone = std::exchange(connection_, nullptr)) {
        gone->end(reason, description);
    }
}

void Client::leave_all(DisconnectReason reason, std::string_view description) {
    auto const sockets = std::exchange(sockets_, {});
    for (auto const& socket : sockets) {
        socket->leave_namespace(reason, description);
    }
}

void Client::disconnect_all() {
    auto const sockets = sockets_;
    for (auto const& socket : sockets) {
        socket->disconnect();
    }
    closing_ = true;
    session_.close();
}

void Client::shut_down() {
    closing_ = true;
    leave_all(DisconnectReason::server_shutting_down, {});
}

}  // namespace socketio
