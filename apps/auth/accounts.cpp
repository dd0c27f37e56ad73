#include "apps/auth/accounts.hpp"

#include "apps/auth/control_characters.hpp"
#include "apps/auth/password.hpp"
#include "apps/common/uuid.hpp"

#include <chrono>
#include <utility>

namespace apps::auth {

using common::Reply;
using common::RestCall;
using common::RestError;
using store::Database;
using namespace std::chrono_literals;

namespace {

constexpr auto refresh_lifetime = 30 * 24h;
constexpr std::size_t max_name_bytes = 64;
constexpr std::size_t max_display_name_bytes = 128;
constexpr std::size_t max_email_bytes = 254;
constexpr std::size_t min_password_bytes = 8;

RestError refused(std::string message) {
    return {401, "UNAUTHORIZED", std::move(message)};
}

bool is_text(std::optional<std::string> const& text, std::size_t max_bytes) {
    return !text || (text->size() <= max_bytes && !has_control_characters(*text));
}

RestError invalid(std::string message) {
    return {400, "VALIDATION_ERROR", std::move(message)};
}

}  // namespace

std::optional<RestError> registration_fault(RegisterRequest const& request) {
    auto const& [name, password, email, display_name] = request;
    if (name.empty() || !is_text(name, max_name_bytes) || password.size() < min_password_bytes ||
        password.size() > max_password_bytes || password.find('\0') != password.npos) {
        return invalid("A name of at most 64 and a password of at least 8 bytes are needed");
    }
    if (!is_text(display_name, max_display_name_bytes)) {
        return invalid("A display name has at most 128 bytes and no control characters");
    }
    if (!is_text(email, max_email_bytes)) {
        return invalid("An e-mail address has at most 254 bytes and no control characters");
    }
    return std::nullopt;
}

Accounts::Accounts(store::StoreThread& store, common::Worker& worker, Tokens tokens,
                   AccountRules rules, common::Clock clock)
    : store_(store), worker_(worker), tokens_(std::move(tokens)), rules_(std::move(rules)),
      logins_(rules_.logins), clock_(std::move(clock)) {}

common::SetCookie Accounts::refresh_cookie(RestCall const& call, std::string id) const {
    common::SetCookie cookie;
    cookie.name = rules_.cookie;
    cookie.path = rules_.cookie_path;
    cookie.max_age = id.empty() ? 0s : std::chrono::seconds(refresh_lifetime);
    cookie.value = std::move(id);
    cookie.secure = call.request.secure;
    return cookie;
}

std::string Accounts::require(RestCall const& call) const {
    auto found = user(call.bearer());
    if (!found) {
        throw refused("Authentication required");
    }
    return *std::move(found);
}

socketio::Task<Reply> Accounts::welcome(RestCall& call, Account account, int status) {
    auto const now = clock_();
    auto const until = now + std::chrono::milliseconds(refresh_lifetime).count();
    auto const create = [this, user = account.id, now, until](Database& db) {
        return logins_.create(db, user, now, until);
    };
    auto const login = co_await store_.ask(create);
    Reply reply(rules_.answer(account, tokens_.issue(account.id)), status);
    reply.cookie(refresh_cookie(call, login.id));
    co_return reply;
}

socketio::Task<Reply> Accounts::login(RestCall& call, LoginRequest request) {
    auto const find = [this, name = request.username](Database& db) {
        return rules_.find(db, name);
    };
    auto const account = co_await store_.ask(find);
    // An unknown name takes as long as a wrong password.
    auto const hash = account ? account->password_hash : std::string();
    auto const verify = [password = request.password, hash] {
        return verify_password(password, hash);
    };
    bool const right = co_await worker_.ask(verify);
    if (!right) {
        co_return refused("Invalid username or password");
    }
    auto answer = welcome(call, *account, 200);
    co_return co_await std::move(answer);
}

socketio::Task<Reply> Accounts::enroll(RestCall& call, RegisterRequest request) {
    if (auto fault = registration_fault(request)) {
        co_return *std::move(fault);
    }
    auto const hash = [password = request.password] { return hash_password(password); };
    auto const hashed = co_await worker_.ask(hash);
    Account const account{common::random_uuid(), request.username, hashed};
    auto const add = [this, account, request, now = clock_()](Database& db) {
        return rules_.add(db, account, request, now);
    };
    bool const added = co_await store_.ask(add);
    if (!added) {
        co_return RestError(409, "USERNAME_TAKEN", "This name is taken");
    }
    if (on_new_) {
        on_new_(account, request);
    }
    auto answer = welcome(call, account, 201);
    co_return co_await std::move(answer);
}

// The old token ends: one that was stolen shows when its owner comes back.
socketio::Task<Reply> Accounts::refresh(RestCall& call) {
    auto const id = call.cookie(rules_.cookie).value_or("");
    auto const take = [this, id, now = clock_()](Database& db) {
        auto const user = logins_.user(db, id, now);
        logins_.remove(db, id);
        return user ? rules_.get(db, *user) : std::nullopt;
    };
    auto const account = co_await store_.ask(take);
    if (!account) {
        co_return refused("The refresh token is invalid or has expired");
    }
    auto answer = welcome(call, *account, 200);
    co_return co_await std::move(answer);
}

socketio::Task<Reply> Accounts::logout(RestCall& call) {
    auto const id = call.cookie(rules_.cookie).value_or("");
    auto const end = [this, id](Database& db) { logins_.remove(db, id); };
    co_await store_.ask(end);
    auto reply = Reply::empty();
    reply.cookie(refresh_cookie(call, {}));
    co_return reply;
}

}  // namespace apps::auth
