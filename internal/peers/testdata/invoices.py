"""The invoices as every engine is told of them, and what silver takes of them."""

# name, type in DuckDB
COLUMNS = {
    "InvoiceNumber": "varchar", "CreatedTime": "bigint", "StoreID": "varchar", "PosID": "varchar", "CashierID": "varchar",
    "CustomerType": "varchar", "CustomerCardNo": "varchar", "TotalAmount": "double", "NumberOfItems": "bigint",
    "PaymentMethod": "varchar", "TaxableAmount": "double", "CGST": "double", "SGST": "double", "CESS": "double",
    "DeliveryType": "varchar",
    "DeliveryAddress": "struct(AddressLine varchar, City varchar, ContactNumber varchar, PinCode varchar, State varchar)",
    "InvoiceLineItems": "struct(ItemCode varchar, ItemDescription varchar, ItemPrice double, ItemQty bigint, TotalValue double)[]",
}

# the same in Spark's words, for Spark and Sail
SPARK_SCHEMA = """
    InvoiceNumber string, CreatedTime bigint, StoreID string, PosID string, CashierID string, CustomerType string,
    CustomerCardNo string, TotalAmount double, NumberOfItems bigint, PaymentMethod string, TaxableAmount double, CGST double,
    SGST double, CESS double, DeliveryType string,
    DeliveryAddress struct<AddressLine string, City string, ContactNumber string, PinCode string, State string>,
    InvoiceLineItems array<struct<ItemCode string, ItemDescription string, ItemPrice double, ItemQty bigint, TotalValue double>>"""

INVOICE = ["InvoiceNumber", "CreatedTime", "StoreID", "PosID", "CustomerType", "PaymentMethod", "DeliveryType"]
ADDRESS = ["City", "State", "PinCode"]
ITEM = ["ItemCode", "ItemDescription", "ItemPrice", "ItemQty", "TotalValue"]
